// Preloaded into a server of others: it listens on loopback alone, and says where.
import { Server } from "node:net";

Server.prototype.listen = function listenOnLoopback(...args) {
  const told = args.find((one) => typeof one === "function");
  if (told !== undefined) this.once("listening", told);
  this.once("listening", () => process.send?.(this.address().port));
  // By a host's name it would listen a moment later; many ask for the address at once.
  // oxlint-disable-next-line no-underscore-dangle -- there is no other way
  this._listen2("127.0.0.1", 0, 4, 511);
  return this;
};
process.on("disconnect", () => process.exit(0));
