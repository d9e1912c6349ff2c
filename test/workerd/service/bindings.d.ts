// What deploy/wrangler.service.toml binds, for the tests that run with it.
// biome-ignore lint/style/noNamespace: the types of the runtime are extended in this one
declare namespace Cloudflare {
  interface Env {
    readonly ASSETS: Fetcher
    readonly BASELINES: DurableObjectNamespace<import('../../../src/store/durable-object.ts').BaselineShard>
  }
  interface GlobalProps {
    mainModule: typeof import('../../../src/worker.ts')
  }
}
