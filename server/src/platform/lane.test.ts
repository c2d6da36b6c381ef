import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLane } from './lane.ts';

test('so many are inside at most, those who go first come before those who wait longer, and each line keeps its order', async () => {
  const lane = createLane(2);
  const entered: string[] = [];
  const come = (name: string, first = false) => lane.enter(first).then(() => entered.push(name));
  const settle = () => new Promise(setImmediate);
  await Promise.all([come('a'), come('b')]);
  for (const name of ['c', 'd']) void come(name);
  for (const name of ['E', 'F']) void come(name, true);
  await settle();
  assert.deepEqual([entered.join(''), lane.waiting], ['ab', 4]);
  for (const expected of ['abE', 'abEF', 'abEFc', 'abEFcd']) {
    lane.leave();
    await settle();
    assert.equal(entered.join(''), expected);
  }
  lane.leave();
  lane.leave();
  await Promise.all([come('g'), come('h')]);
  void come('i');
  await settle();
  assert.deepEqual([entered.join(''), lane.waiting], ['abEFcdgh', 1]);
});

test('thousands that waited leave nothing behind, and none is lost', async () => {
  const lane = createLane(1);
  const order: number[] = [];
  const all = Array.from({ length: 5_000 }, async (_, i) => {
    await lane.enter();
    order.push(i);
    lane.leave();
  });
  await Promise.all(all);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.deepEqual([order.length, lane.waiting], [5_000, 0]);
});

test('room that shrinks lets nobody in until enough have left; room that grows lets in several at once', async () => {
  let room = 4;
  const lane = createLane(() => room);
  let entered = 0;
  for (let i = 0; i < 12; i++) void lane.enter().then(() => entered++);
  const settle = () => new Promise(setImmediate);
  await settle();
  assert.equal(entered, 4);
  room = 2;
  lane.leave();
  lane.leave();
  await settle();
  assert.equal(entered, 4);
  lane.leave();
  await settle();
  assert.equal(entered, 5);
  room = 5;
  lane.leave();
  await settle();
  assert.deepEqual([entered, lane.waiting], [9, 3]);
  room = 0;
  for (let i = 0; i < 5; i++) lane.leave();
  await settle();
  assert.equal(entered, 10, 'never nobody');
});
