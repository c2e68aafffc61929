/**
 * The bytecode. An instruction is 16 bytes:
 *
 *     +0 u16 op   +2 u16 a   +4 u16 b   +6 u16 c   +8 u32 x   +12 u32 y
 *
 * a, b, c are slots of the current frame (16-byte cells) unless the comment says otherwise; x and
 * y hold addresses of code or constants, indices, or further slots. Every instruction writes a
 * slot of its own, so that backtracking needs no trail: whatever was overwritten after a choice
 * is computed again before it is read.
 */

export const INSTRUCTION: u32 = 16;

export const OP_RET: u32 = 0; // return b
export const OP_MOVE: u32 = 1; // a = b
export const OP_CONST: u32 = 2; // a = constant x
export const OP_OUTER: u32 = 3; // a = slot b of the frame x levels out
export const OP_GLOBAL: u32 = 4; // a = global x
export const OP_FIELD: u32 = 5; // a = b[constant x]; c: flags
export const OP_INDEX: u32 = 6; // a = b[c]; x: flags
export const OP_SLICE: u32 = 7; // a = b[c:y]; x: flags; 0xffff: absent
export const OP_EACH: u32 = 8; // a = every element of b, cursor c; x: flags
export const OP_FORK: u32 = 9; // go on; when that is exhausted, go to x
export const OP_BACKTRACK: u32 = 10;
export const OP_JUMP: u32 = 11; // to x
export const OP_UNLESS: u32 = 12; // to x when b is null or false
export const OP_TRY: u32 = 13; // errors of what follows go to x with the error in a; b: mark
export const OP_TRY_END: u32 = 14; // b: mark
export const OP_ALTERNATIVE: u32 = 15; // errors of all that follows go to x
export const OP_ARRAY: u32 = 16; // a = []
export const OP_APPEND: u32 = 17; // a += [b], then backtrack
export const OP_OBJECT: u32 = 18; // a = {} with room for x pairs
export const OP_PUT: u32 = 19; // a = b with key c set to slot y
export const OP_PATH_BEGIN: u32 = 20; // start tracking at b; a, a+1: saved state
export const OP_PATH_END: u32 = 21; // a = path of value b; c, c+1: saved state
export const OP_MARK: u32 = 22; // a = height of the choice stack
export const OP_CUT: u32 = 23; // forget the choices made since mark b
export const OP_BREAK: u32 = 24; // to mark in slot b, x levels out, and backtrack
export const OP_TAKE: u32 = 25; // a = b; b = null
export const OP_RANGE: u32 = 26; // a = b to c, cursor x
export const OP_NATIVE: u32 = 27; // a = native x (input b, arguments c, y & 0xffff, y >>> 16)
export const OP_CALL: u32 = 28; // a = function x (input b), c closures follow; y: levels | flags
export const OP_CALL_PARAM: u32 = 29; // a = closure in slot c of x levels out (input b); y: flags
export const OP_CLOSURE: u32 = 30; // after a call: a: kind, x: function, or slot b of x levels out
export const OP_ERROR: u32 = 31; // raise b
export const OP_CONCAT: u32 = 32; // a = b strings, whose slots follow in x, y pairs of OP_SLOTS
export const OP_SLOTS: u32 = 33;
export const OP_ADD: u32 = 34; // a = b + c
export const OP_SUB: u32 = 35;
export const OP_MUL: u32 = 36;
export const OP_DIV: u32 = 37;
export const OP_MOD: u32 = 38;
export const OP_EQ: u32 = 39;
export const OP_NE: u32 = 40;
export const OP_LT: u32 = 41;
export const OP_LE: u32 = 42;
export const OP_GT: u32 = 43;
export const OP_GE: u32 = 44;
export const OP_NOT: u32 = 45; // a = b | not
export const OP_BOOL: u32 = 46; // a = truth of b
export const OP_NEGATE: u32 = 47; // a = -b
export const OP_GETPATH: u32 = 48; // a = b at path c; x: flags
export const OP_SETPATH: u32 = 49; // a = b with path c set to slot y
export const OP_DELPATHS: u32 = 50; // a = b without the paths c
export const OP_COUNT_DOWN: u32 = 51; // a -= 1; when it is 0 cut to mark b; c: 1 = skip, see below
export const OP_FALSE: u32 = 52; // a = false (a flag that a later fork reads)
export const OP_TRUE: u32 = 53;
export const OP_NULL: u32 = 54;
export const OP_SKIP: u32 = 55; // while a > 0: a -= 1 and backtrack
export const OP_COUNT: u32 = 56; // a = count b; raise message x when negative; to y when 0

/** Flags of FIELD, INDEX, SLICE, EACH, GETPATH. */
export const FLAG_OPTIONAL: u32 = 1;
export const FLAG_PATH: u32 = 2;

/** Flags of CALL and CALL_PARAM, above the number of levels. */
export const CALL_LEVELS: u32 = 0xffff;
export const CALL_PLAIN: u32 = 0x10000; // paths are not tracked inside
export const CALL_TAIL: u32 = 0x20000;

/** "No slot". */
export const NONE: u32 = 0xffff;

/** First slot of a frame that holds a value: its input. The header takes those before it. */
export const SLOT_INPUT: u32 = 2;
