import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Admin } from '@platformatic/kafka'
import { cached, freePort, fromDebian, has, run } from '../need.ts'

/** A broker of Apache Kafka's own, alone in KRaft mode, its jars from Maven Central. */
export interface Broker {
  readonly address: string
  createTopic(name: string, partitions: number, settings?: Readonly<Record<string, string>>): Promise<void>
  /** Kills it. */
  crash(): Promise<void>
  /** Starts it again after a crash, with what it has on disk. */
  comeBack(): Promise<void>
  stop(): Promise<void>
}

const VERSION = '4.3.1'
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** @throws Error that names what is missing */
export async function startBroker(): Promise<Broker> {
  const java = await findJava()
  const libraries = await cached(`kafka-${VERSION}`, fetchLibraries)
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-kafka-'))
  const [port, controllerPort] = [await freePort(), await freePort()]
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, settings(folder, port, controllerPort))
  const log = join(folder, 'broker.log')
  const classPath = ['-cp', join(libraries, '*')]
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', properties]
  execFileSync(java, [...classPath, ...format], { stdio: 'ignore' })
  const file = openSync(log, 'a')
  const flags = ['-Xms256m', '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const launch = (): ChildProcess =>
    spawn(java, [...flags, ...classPath, 'kafka.Kafka', properties], { stdio: ['ignore', file, file] })
  let broker = launch()
  // However the tests end, no broker outlives them.
  const kill = (): boolean => broker.kill('SIGKILL')
  process.once('exit', kill)
  const crash = async (): Promise<void> => {
    const ended = once(broker, 'exit')
    kill()
    await ended
  }
  const address = `127.0.0.1:${port}`
  const admin = new Admin({ clientId: 'tests', bootstrapBrokers: [address], retries: 0 })
  await untilUp(admin, broker, log)
  return {
    address,
    async createTopic(name, partitions, config = {}) {
      const configs = Object.entries(config).map(([key, value]) => ({ name: key, value }))
      await admin.createTopics({ topics: [name], partitions, replicas: 1, configs })
    },
    crash,
    async comeBack() {
      broker = launch()
      await untilUp(admin, broker, log)
    },
    async stop() {
      await admin.close()
      process.off('exit', kill)
      if (broker.exitCode === null && broker.signalCode === null) await crash()
      rmSync(folder, { recursive: true })
    },
  }
}

/** One that is there, or Debian's. @throws Error that names what is missing */
async function findJava(): Promise<string> {
  const { stderr = '', error } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  const version = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  if (error === undefined && version >= 17) return 'java'
  try {
    return await fromDebian('java', 'openjdk-17-jre-headless')
  } catch (cause) {
    throw new Error(`missing: Java 17 or later, found ${version || 'none'}`, { cause })
  }
}

/** Its jars, and those that they need. */
async function fetchLibraries(folder: string): Promise<void> {
  const maven = has('mvn') ? 'mvn' : await fromDebian('mvn', 'maven')
  const pom = fileURLToPath(new URL('pom.xml', import.meta.url))
  const goal = [PLUGIN, `-DoutputDirectory=${folder}`, '-DincludeScope=runtime']
  await run(maven, ['-B', '-q', '-f', pom, ...goal]).catch((cause: unknown) => {
    throw new Error(`missing: Apache Kafka ${VERSION}, which Maven could not fetch`, { cause })
  })
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
  for (let tries = 0; tries < 360; tries++) {
    if (broker.exitCode !== null)
      throw new Error(`the broker ended with ${broker.exitCode}:\n${readFileSync(log, 'utf8')}`)
    try {
      await admin.listTopics()
      return
    } catch {
      await sleep(500)
    }
  }
  throw new Error(`the broker is not up after three minutes:\n${readFileSync(log, 'utf8')}`)
}

/** 16 bytes in base64, as Kafka's own: the tool would take one that begins with a dash for an option. */
function clusterId(): string {
  return Buffer.concat([Buffer.of(0), randomBytes(15)]).toString('base64url')
}
