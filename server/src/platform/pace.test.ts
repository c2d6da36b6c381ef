import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextRoom } from './pace.ts';

test('late timers leave less room, down to a little; prompt ones more, up to all', () => {
  let room = 64;
  for (let i = 0; i < 20; i++) room = nextRoom(room, 150, 64);
  assert.equal(room, 4);
  assert.equal(nextRoom(room, 25, 64), 4, 'neither late nor prompt');
  for (let i = 0; i < 100; i++) room = nextRoom(room, 1, 64);
  assert.equal(room, 64);
});

test('whatever the lateness, there is room for some and never for more than all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e3, max: 1e5, noNaN: true })),
      fc.integer({ min: 4, max: 500 }),
      (all, most) => {
        let room = most;
        for (const late of all) {
          room = nextRoom(room, late, most);
          assert.ok(Number.isInteger(room) && room >= 4 && room <= most);
        }
      },
    ),
  );
});
