/** The page's style: one column on a phone, three charts side by side on a desk; light or dark as the reader has it. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fcfcfb; --card: #ffffff; --ink: #1d2327; --muted: #5d666d; --line: #dfe3e6;
  --all: #4a7ba6; --flagged: #c8501e; --good: #2f7d4f; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --card: #1c2226; --ink: #e6e9eb; --muted: #9aa5ad; --line: #343d44;
  --all: #6fa8d8; --flagged: #f08a54; --good: #67c08d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 16px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 8px 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 40px 0 8px; }
h3 { font-size: 0.95rem; margin: 0 0 2px; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 4px 0 12px; max-width: 75ch; }
.muted, small { color: var(--muted); }
small { font-size: 0.85rem; }
.tiles { display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(145px, 1fr)); margin: 16px 0; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; min-width: 0; }
.tile b { display: block; font-size: 1.35rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile span { color: var(--muted); font-size: 0.85rem; }
.charts { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); }
.charts > .card { align-self: start; }
svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
@media (max-width: 700px) { .wide { display: none; } .narrow { display: block; } }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 0.85rem; color: var(--muted); margin: 0 0 10px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--muted); font-weight: 600; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td { overflow-wrap: break-word; }
code, pre { font: 0.85rem/1.5 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.events { list-style: none; margin: 0; padding: 0; display: grid; gap: 10px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
.events > li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--flagged); border-radius: 8px; padding: 8px 12px; min-width: 0; overflow-wrap: anywhere; }
.events > li.below { border-left-color: var(--line); }
.events .head { display: flex; justify-content: space-between; gap: 12px; }
.events b { overflow-wrap: anywhere; }
.events ul { margin: 4px 0 0; padding-left: 18px; }
.score { font-variant-numeric: tabular-nums; white-space: nowrap; }
footer { margin: 40px 0 16px; color: var(--muted); font-size: 0.85rem; }
`
