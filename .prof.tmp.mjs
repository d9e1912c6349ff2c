import { fork } from 'node:child_process'
import { connect } from 'node:net'
const variant = process.argv[2]
const p = fork('bench/middleware.ts', ['child', variant], { execArgv: ['--cpu-prof', '--cpu-prof-dir=/tmp/prof', '--cpu-prof-interval=200'] })
const port = await new Promise(r => p.once('message', r))
const R='GET /users/7 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/124\r\n\r\n'
let n=0;const s = Array.from({length:64},()=>{const k=connect(port,'127.0.0.1',()=>k.write(R));k.on('data',()=>{n++;k.write(R)});k.on('error',()=>{});return k})
await new Promise(r=>setTimeout(r,4000))
console.log('requests',n);s.forEach(k=>k.destroy()); 
if (process.argv[3]) {p.send(3); await new Promise(r=>p.once('message',r))}
p.kill('SIGINT')
