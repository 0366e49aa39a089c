// Runs the program under test: `onrush serve` with a data directory of its own on free ports, and, after it
// has stopped, `onrush audit` over what it has written. Its folder stays only if something went wrong.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const kReadyMs = 60_000;
const kStopMs = 30_000;
const kAuditMs = 60_000;

function tail(path) {
  return readFileSync(path, 'utf8').slice(-3000);
}

export async function startRealServer(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'onrush-pages-'));
  const data = join(folder, 'data');
  const log = join(folder, 'server.log');
  const flags = ['--data-dir', data, ...['general', 'rush', 'admin', 'sandbox'].flatMap((name) => [`--listen-${name}`, '127.0.0.1:0'])];
  const file = openSync(log, 'w');
  const child = spawn(binary, ['serve', ...flags, '--log-level', 'warn'], { stdio: ['ignore', file, file] });
  closeSync(file);
  let end = null;   // how the process ended, once it has
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(end = error.message));
    child.on('exit', (code, signal) => resolve(end = signal ?? `exit ${code}`));
  });
  // Whatever becomes of this process, the server does not outlive it.
  const kill = () => { if (end === null) child.kill('SIGKILL'); };
  process.on('exit', kill);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

  const ready = () => existsSync(join(data, 'endpoints.json')) && /^first owner: (\S+)$/m.exec(readFileSync(log, 'utf8'))?.[1];
  const deadline = Date.now() + kReadyMs;
  while (!ready()) {
    if (end !== null) throw new Error(`${binary} serve: ${end}\n${tail(log)}`);
    if (Date.now() > deadline) throw new Error(`${binary} serve was not ready in ${kReadyMs} ms\n${tail(log)}`);
    await sleep(20);
  }
  const { general, admin } = JSON.parse(readFileSync(join(data, 'endpoints.json'), 'utf8'));

  // Stops the server and proves from its journal what it has done. Throws if either goes wrong.
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(kStopMs, undefined, { ref: false })]);
    const in_time = end !== null;
    kill();
    if (!in_time || end !== 'exit 0') throw new Error(`the server stopped by ${end ?? 'force, not in time'}; see ${folder}\n${tail(log)}`);
    const audit = spawnSync(binary, ['audit', data], { encoding: 'utf8', timeout: kAuditMs, stdio: ['ignore', 'pipe', 'pipe'] });
    if (audit.status !== 0) throw new Error(`onrush audit: ${audit.status ?? audit.signal}\n${audit.stdout}${audit.stderr}see ${folder}`);
    rmSync(folder, { recursive: true, force: true });
  };
  return { general, admin, setup: ready(), flags, stop, log: () => tail(log) };
}
