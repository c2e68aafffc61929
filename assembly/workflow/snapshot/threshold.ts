/** When the state is worth compacting. */

/** State below this size is not worth compacting. */
export const SMALLEST: u32 = 1 << 22;
/** State is compacted when it has taken this many times what was alive: the cost per step stays flat. */
export const GROWTH: u32 = 4;
