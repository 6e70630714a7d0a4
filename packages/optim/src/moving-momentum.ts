const moving = new WeakSet<object>();

/** Notes that a schedule changes a group's momentum, or beta1, from step to step. */
export function markMovingMomentum(group: object): void {
  moving.add(group);
}

export function hasMovingMomentum(group: object): boolean {
  return moving.has(group);
}
