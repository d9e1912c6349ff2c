import fs from 'node:fs'
const f=fs.readdirSync('/tmp/prof').map(x=>'/tmp/prof/'+x).sort((a,b)=>fs.statSync(b).mtimeMs-fs.statSync(a).mtimeMs)[0]
const p=JSON.parse(fs.readFileSync(f)); const self={}; const byId=new Map(p.nodes.map(n=>[n.id,n]))
p.samples.forEach((id,i)=>{const n=byId.get(id).callFrame; const k=n.functionName+' '+n.url.split('/').slice(-2).join('/')+':'+n.lineNumber; self[k]=(self[k]??0)+p.timeDeltas[i]})
const tot=Object.values(self).reduce((a,b)=>a+b); Object.entries(self).sort((a,b)=>b[1]-a[1]).slice(0,26).forEach(([k,v])=>console.log((v/+process.argv[2]).toFixed(2)+'us',k))
