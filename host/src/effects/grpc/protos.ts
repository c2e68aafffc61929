// Protocol Buffers definitions of a pack: the methods that they hold (WF-64).
import protobuf from "protobufjs";
import { hostCode } from "../../files/codes.ts";
import { RequestFailed } from "../egress/failure.ts";

/** A method of a service: how its messages are written and read. */
export interface Method {
  /** The bytes of the arguments, or what is wrong with them. */
  encode(given: Readonly<Record<string, unknown>>): Uint8Array | { readonly why: string };
  /**
   * ProtoJSON, with defaults: 64-bit numbers and bytes as text, enums by name.
   *
   * @throws RequestFailed `tooLarge` for more than MOST_VALUES values; Error for bytes that are no such message
   */
  decode(bytes: Uint8Array): object;
  /** Whether its definition says that it does no more when it is called twice (descriptor.proto, IdempotencyLevel). */
  readonly isIdempotent: boolean;
}

/** Why a method that streams is none. */
export const STREAMS = "it streams";

/**
 * The unary method of a service in a definition, or why there is none.
 *
 * @param text proto2 or proto3; of imports only google/protobuf/*, which everybody has
 * @param service its full name, such as `greeter.v1.Greeter`
 */
export function methodOf(
  text: string,
  service: string,
  method: string,
): Method | { readonly why: string } {
  const root = new protobuf.Root();
  let found: protobuf.Method | undefined;
  try {
    const { imports = [], weakImports = [] } = protobuf.parse(text, root, { keepCase: true });
    for (const name of [...imports, ...weakImports]) {
      const known = protobuf.common.get(name) as { nested?: protobuf.INamespace["nested"] } | null;
      if (known?.nested === undefined) return { why: `it imports ${name}` };
      root.addJSON(known.nested);
    }
    root.resolveAll();
    found = root.lookupService(service).methods[method]?.resolve() as protobuf.Method | undefined;
  } catch (error) {
    return { why: error instanceof Error ? error.message : "it cannot be read" };
  }
  if (found === undefined) return { why: `${service} has no method ${method}` };
  if (found.requestStream || found.responseStream) return { why: STREAMS };
  const { resolvedRequestType: request, resolvedResponseType: response } = found;
  if (request === null || response === null) return { why: "its messages are not defined" };
  return {
    encode: (given) => {
      try {
        const message = request.fromObject(given);
        const wrong = request.verify(message);
        if (wrong !== null) return { why: wrong };
        // What cannot be a value of its field is left out or made into another: it is not what was given.
        const other = difference(given, request.toObject(message, FORMAT));
        if (other !== undefined) return { why: `the message cannot hold ${other}` };
        return request.encode(message).finish();
      } catch (error) {
        return { why: error instanceof Error ? error.message : "it cannot be written" };
      }
    },
    isIdempotent: IDEMPOTENT.has(String(found.options?.["idempotency_level"])),
    decode: (bytes) => {
      const message = response.decode(new CountingReader(bytes));
      requireFew(message, response);
      return response.toObject(message, { ...FORMAT, defaults: true });
    },
  };
}

/** Values that an answer may have, those included that are only defaults: two bytes of a message may be one that costs hundreds. */
export const MOST_VALUES: number = 2 ** 18;

const tooMany = (): RequestFailed =>
  new RequestFailed(
    "tooLarge",
    hostCode.largeAnswer,
    `the answer has more than ${MOST_VALUES} values`,
  );

/** Stops at the field that is one too many, before all of them are in memory. */
class CountingReader extends protobuf.Reader {
  #left = MOST_VALUES;

  constructor(bytes: Uint8Array) {
    super(bytes);
    // Fields that the definition does not have are not kept.
    this.discardUnknown = true;
  }

  override tag(): number {
    this.#left -= 1;
    if (this.#left < 0) throw tooMany();
    return super.tag();
  }
}

/** What the message will have as an object: all fields of all messages in it, and the parts of lists. */
function requireFew(message: object, type: protobuf.Type): void {
  let left = MOST_VALUES;
  const open: [object, protobuf.Type][] = [[message, type]];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [value, of] = at as [Record<string, unknown>, protobuf.Type];
    for (const field of of.fieldsArray) {
      const held = value[field.name];
      const all = Array.isArray(held) ? held : field.map ? Object.values(held ?? {}) : [held];
      left -= 1 + (all.length === 1 ? 0 : all.length);
      if (left < 0) throw tooMany();
      const { resolvedType } = field;
      if (!(resolvedType instanceof protobuf.Type)) continue;
      for (const each of all as (object | null | undefined)[]) {
        if (each !== null && each !== undefined) open.push([each, resolvedType]);
      }
    }
  }
}

const IDEMPOTENT: ReadonlySet<string> = new Set(["NO_SIDE_EFFECTS", "IDEMPOTENT"]);

const FORMAT = { longs: String, enums: String, bytes: String, json: true } as const;

/** The place of the first value that was given and is not there, or another; numbers may be texts. */
function difference(given: unknown, made: unknown, place = ""): string | undefined {
  if (typeof given !== "object" || given === null) {
    const [a, b] = [given, made] as [string | number | boolean | null, string];
    return typeof made !== "object" && String(a) === b ? undefined : place;
  }
  if (typeof made !== "object" || made === null) return place;
  for (const [name, value] of Object.entries(given)) {
    const inner = (made as Record<string, unknown>)[name];
    const found = difference(value, inner, `${place}/${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
