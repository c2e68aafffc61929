/**
 * A byte of a text. Whatever reads texts reads them through this, so that `load<u8>` stands only where tags of cells
 * are meant (tools/looks.ts).
 */

export function textByte(at: usize): u32 {
  return load<u8>(at);
}
