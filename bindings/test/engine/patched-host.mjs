/* oxlint-disable no-extend-native -- it is what this file is for */
// Loaded before a program: a host in which time, chance, locale and mathematics are all different.
const wrong = () => 0.123456789;
// What the language defines to the last bit stays: signatures are computed with it, not decisions.
const exact = ["abs", "ceil", "clz32", "floor", "imul", "max", "min", "round", "sign", "trunc"];
for (const name of Object.getOwnPropertyNames(Math)) {
  if (typeof Math[name] === "function" && !exact.includes(name)) Math[name] = wrong;
}
globalThis.Date = class extends Date {
  constructor() {
    super(86_400_000);
  }
  static now() {
    return 86_400_000;
  }
  getTimezoneOffset() {
    return 12 * 60;
  }
};
performance.now = wrong;
globalThis.crypto.getRandomValues = (array) => array.fill(7);
Intl.Collator = Intl.NumberFormat = Intl.DateTimeFormat = undefined;
String.prototype.localeCompare = () => 1;
String.prototype.toLocaleLowerCase = String.prototype.toLocaleUpperCase = () => "wrong";
Number.prototype.toLocaleString =
  Number.prototype.toFixed =
  Number.prototype.toPrecision =
    () => "wrong";
globalThis.parseFloat = wrong;
