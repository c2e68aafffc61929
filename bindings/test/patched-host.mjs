/* oxlint-disable no-extend-native -- it is what this file is for */
// Loaded before a program: a host in which time, chance, locale and mathematics are all different.
const wrong = () => 0.123456789;
for (const name of Object.getOwnPropertyNames(Math)) {
  if (typeof Math[name] === "function" && !["max", "min", "trunc", "floor"].includes(name))
    Math[name] = wrong;
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
