import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Admin } from '@platformatic/kafka'

/** A broker of Apache Kafka's own, alone in KRaft mode, its jars from Maven Central. */
export interface Broker {
  readonly address: string
  createTopic(name: string, partitions: number, settings?: Readonly<Record<string, string>>): Promise<void>
  stop(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const VERSION = '4.3.1'
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** @throws Error that names what is missing */
export async function startBroker(): Promise<Broker> {
  expectJava()
  const libraries = fetchLibraries()
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-kafka-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, settings(folder, port, controllerPort))
  const log = join(folder, 'broker.log')
  const classPath = ['-cp', join(libraries, '*')]
  const format = ['kafka.tools.StorageTool', 'format', '-t', randomBytes(16).toString('base64url'), '-c', properties]
  execFileSync('java', [...classPath, ...format], { stdio: 'ignore' })
  const file = openSync(log, 'a')
  const flags = ['-Xms256m', '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const broker = spawn('java', [...flags, ...classPath, 'kafka.Kafka', properties], { stdio: ['ignore', file, file] })
  // However the tests end, no broker outlives them.
  const kill = (): boolean => broker.kill('SIGKILL')
  process.once('exit', kill)
  const address = `127.0.0.1:${port}`
  const admin = new Admin({ clientId: 'tests', bootstrapBrokers: [address], retries: 0 })
  await untilUp(admin, broker, log)
  return {
    address,
    async createTopic(name, partitions, config = {}) {
      const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }))
      await admin.createTopics({ topics: [name], partitions, replicas: 1, configs })
    },
    async stop() {
      await admin.close()
      process.off('exit', kill)
      const ended = new Promise((resolve) => broker.once('exit', resolve))
      kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

function expectJava(): void {
  const { stderr = '', error } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  if (error !== undefined || version < 17) {
    throw new Error(
      `Missing: Java 17 or later (found ${version || 'none'}). Debian: apt-get install openjdk-17-jre-headless`,
    )
  }
}

/** Fetched once; a folder is there whole or not at all. */
function fetchLibraries(): string {
  const cache = join(root, '.cache/kafka')
  const libraries = join(cache, VERSION)
  if (existsSync(libraries)) return libraries
  const partial = join(cache, `${VERSION}.partial`)
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  const pom = fileURLToPath(new URL('pom.xml', import.meta.url))
  const { status, error, stdout } = spawnSync(
    'mvn',
    ['-B', '-q', '-f', pom, PLUGIN, `-DoutputDirectory=${partial}`, '-DincludeScope=runtime'],
    { encoding: 'utf8' },
  )
  if (error !== undefined) throw new Error('Missing: mvn, which fetches Kafka. Debian: apt-get install maven')
  if (status !== 0) throw new Error(`Missing: Apache Kafka ${VERSION}, which Maven could not fetch:\n${stdout}`)
  renameSync(partial, libraries)
  return libraries
}

function settings(folder: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `log.dirs=${join(folder, 'data')}`,
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    // A test waits for nobody else to join, and not long for one who was killed.
    'group.initial.rebalance.delay.ms=0',
    'group.min.session.timeout.ms=1000',
    '',
  ].join('\n')
}

async function untilUp(admin: Admin, broker: ChildProcess, log: string): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    if (broker.exitCode !== null)
      throw new Error(`the broker ended with ${broker.exitCode}:\n${readFileSync(log, 'utf8')}`)
    try {
      await admin.listTopics()
      return
    } catch {
      await sleep(500)
    }
  }
  throw new Error(`the broker is not up after a minute:\n${readFileSync(log, 'utf8')}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
