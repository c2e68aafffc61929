// The forms in which services give back what they were sent: independent of how the guard undoes them.

const each = (text: string, how: (unit: string) => string): string =>
  text.split("").map(how).join("");
const hex = (unit: string, width: number): string =>
  unit.charCodeAt(0).toString(16).padStart(width, "0");
const base64 = (text: string, before: string): string =>
  Buffer.from(`${before}${text}, and more`).toString("base64");
const bytes = (text: string): string => Buffer.from(text).toString("hex");

/** For secrets of 8 characters and more. */
export const guardedAlways: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "within a sentence": (secret) => `Invalid API key: ${secret}!`,
  "a slash escaped": (secret) => secret.replaceAll("/", "\\/"),
  "JSON within a text": (secret) => JSON.stringify({ key: secret }),
  "JSON within JSON within a text": (secret) => JSON.stringify(JSON.stringify({ key: secret })),
  "\\u escapes, surrogates among them": (secret) => each(secret, (unit) => `\\u${hex(unit, 4)}`),
  "\\u escapes in upper case": (secret) =>
    each(secret, (unit) => `\\u${hex(unit, 4).toUpperCase()}`),
  "doubled backslashes": (secret) => each(secret, (unit) => `\\\\\\\\u${hex(unit, 4)}`),
};

/** For secrets of 16 characters and more. */
export const guardedLong: Readonly<Record<string, (secret: string) => string>> = {
  ...guardedAlways,
  "base64 at 0": (secret) => base64(secret, ""),
  "base64 at 1": (secret) => base64(secret, "k"),
  "base64 at 2": (secret) => base64(secret, "k:"),
  "base64url at 0": (secret) => Buffer.from(secret).toString("base64url"),
  "base64url at 1": (secret) => Buffer.from(`k${secret}`).toString("base64url"),
  "base64url at 2": (secret) => Buffer.from(`k:${secret}`).toString("base64url"),
  "base64 in lines": (secret) => base64(secret, "").replaceAll(/.{10}/g, "$&\r\n"),
  "base64 of JSON": (secret) => base64(JSON.stringify(secret), "{"),
  hex: bytes,
  "hex in upper case": (secret) => bytes(secret).toUpperCase(),
  percent: encodeURIComponent,
  "percent for every byte": (secret) => bytes(secret).replaceAll(/../g, "%$&"),
  "percent twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "a form": (secret) => new URLSearchParams({ key: secret }).toString(),
  "HTML by decimal": (secret) => each(secret, (unit) => `&#${unit.charCodeAt(0)};`),
  "HTML by hex": (secret) => each(secret, (unit) => `&#x${hex(unit, 4)};`),
  "HTML by name": (secret) =>
    secret
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll('"', "&quot;")
      .replaceAll("/", "&sol;")
      .replaceAll("+", "&plus;"),
  "upper case": (secret) => secret.toUpperCase(),
  "lower case": (secret) => secret.toLowerCase(),
  "upper case in percent": (secret) => encodeURIComponent(secret.toUpperCase()),
};
