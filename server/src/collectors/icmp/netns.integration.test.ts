import { test } from 'node:test';
import type { TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const fixture = fileURLToPath(new URL('./netns.fixture.ts', import.meta.url));
const Answer = z.object({
  kind: z.string(),
  results: z.record(
    z.string(),
    z.object({ loss: z.number(), fault: z.object({ code: z.string(), message: z.string() }).nullable() }),
  ),
});

/** A network with a neighbour that is not there, a route to nowhere and one that is refused, seen by nobody else. */
const NETWORK = `set -e
ip link set lo up
ip link add near type veth peer name far
ip addr add 10.9.0.1/24 dev near
ip -6 addr add fd00:9::1/64 dev near nodad
ip link set near up
ip link set far up
ip route add unreachable 10.8.0.0/24
ip route add blackhole 10.7.0.0/24`;

/** Polls inside a fresh namespace; undefined (and a skip with its reason) where this machine does not let us make one. */
function pollInNamespace(t: TestContext, pingGroupRange: string, addresses: readonly string[]) {
  const script = `${NETWORK}\necho "${pingGroupRange}" > /proc/sys/net/ipv4/ping_group_range\nexec "$0" "$@"`;
  const probe = spawnSync('unshare', ['-n', 'sh', '-c', NETWORK], { encoding: 'utf8' });
  if (probe.status !== 0) {
    t.skip(`needs root, unshare and ip with veth: ${probe.error?.message ?? probe.stderr.trim()}`);
    return undefined;
  }
  const args = ['-n', 'sh', '-c', script, process.execPath, fixture, ...addresses];
  const run = spawnSync('unshare', args, { encoding: 'utf8', timeout: 30_000 });
  assert.equal(run.status, 0, run.stderr);
  return Answer.parse(JSON.parse(run.stdout));
}

for (const [kind, pingGroupRange] of [
  ['dgram', '0 2147483647'],
  ['raw', '1 0'],
] as const) {
  test(`over a ${kind} socket the loopback answers and what cannot be reached says why`, (t) => {
    const addresses = ['127.0.0.1', '127.9.9.9', '::1', '10.9.0.77', '10.8.0.1', '10.7.0.1', '10.5.0.1', 'fd00:9::77'];
    const answer = pollInNamespace(t, pingGroupRange, addresses);
    if (!answer) return;
    assert.equal(answer.kind, kind);
    for (const here of ['127.0.0.1', '127.9.9.9', '::1']) {
      assert.deepEqual(answer.results[here], { loss: 0, fault: null }, here);
    }
    // No neighbour answers: the message comes from this machine's own stack, by the error queue of the socket.
    assert.equal(answer.results['10.9.0.77']?.fault?.message, '10.9.0.77: host unreachable');
    assert.equal(answer.results['fd00:9::77']?.fault?.message, 'fd00:9::77: address unreachable');
    for (const nowhere of ['10.9.0.77', '10.8.0.1', '10.7.0.1', '10.5.0.1', 'fd00:9::77']) {
      assert.equal(answer.results[nowhere]?.loss, 100, nowhere);
      assert.equal(answer.results[nowhere]?.fault?.code, 'no_route', nowhere);
    }
  });
}

test('without permission the remedy is named', (t) => {
  const source = `import { openIcmpSockets } from ${JSON.stringify(new URL('./koffi.ts', import.meta.url).href)};
try { openIcmpSockets(); } catch (error) { console.log(error.code + ' ' + error.message); }`;
  const args = ['-n', 'setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath];
  const run = spawnSync('unshare', [...args, '--input-type=module', '-e', source], { encoding: 'utf8' });
  if (run.status !== 0) return t.skip(`needs root, unshare and setpriv: ${run.error?.message ?? run.stderr.trim()}`);
  assert.match(run.stdout, /^icmp_not_permitted .*net\.ipv4\.ping_group_range='65534 65534'.*setcap cap_net_raw\+ep /);
});
