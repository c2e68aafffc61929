/**
 * What a run may spend on models (GRANT-24): tokens, and a cost by the operator's prices. All of it is whole numbers: a
 * price is what a million tokens cost, so a price times tokens is in millionths of what the limit of cost counts in.
 */

import { E_LIMIT_COST, E_LIMIT_TOKENS, E_LIMIT_USAGE } from "../../errors/codes";
import { fail } from "../../errors/errors";
import {
  addressOf,
  elementAt,
  keyAt,
  lengthOf,
  numberOf,
  OBJECT,
  tagOf,
  valueAt,
} from "../../value/cell";
import { objectField, objectGet } from "../../value/object";
import { equalBytes } from "../../value/order";
import { isWhole, MOST_WHOLE } from "../state/shapes";
import { GRANT, RUN } from "../state/state";

/**
 * Most tokens of one answer, highest price, and highest limit of cost: what has been spent, and an answer on top of it, stay
 * below 2^64, as 1e18 + 2 * 1e9 * 1e9 does.
 */
const MOST_TOKENS: f64 = 1e9;
const MOST_PRICE: f64 = 1e9;
const MOST_COST: f64 = 1e12;
const MOST_LIMIT: f64 = 1e15;
const MILLION: u64 = 1000000;

/** True for {"cost"?,"prices"?,"tokens"?}: cost and prices come together, the prices for exactly the models. */
export function isSpending(v: usize, models: usize): bool {
  if (tagOf(v) != OBJECT || lengthOf(v) == 0) return false;
  const cost = objectField(v, "cost");
  const prices = objectField(v, "prices");
  const tokens = objectField(v, "tokens");
  if ((cost == 0) != (prices == 0)) return false;
  let known: u32 = 0;
  if (cost != 0) {
    if (!isWhole(cost, MOST_COST) || numberOf(cost) == 0 || !arePrices(prices, models))
      return false;
    known += 2;
  }
  if (tokens != 0) {
    if (!isWhole(tokens, MOST_LIMIT) || numberOf(tokens) == 0) return false;
    known++;
  }
  return lengthOf(v) == known;
}

function arePrices(prices: usize, models: usize): bool {
  if (tagOf(prices) != OBJECT || models == 0 || lengthOf(prices) != lengthOf(models)) return false;
  for (let i: u32 = 0; i < lengthOf(prices); i++) {
    const price = valueAt(prices, i);
    if (!isAmong(models, keyAt(prices, i)) || tagOf(price) != OBJECT) return false;
    const cached = objectField(price, "cached");
    if (lengthOf(price) != (cached == 0 ? 2 : 3)) return false;
    if (cached != 0 && !isWhole(cached, MOST_PRICE)) return false;
    if (!isWhole(objectField(price, "input"), MOST_PRICE)) return false;
    if (!isWhole(objectField(price, "output"), MOST_PRICE)) return false;
  }
  return true;
}

function isAmong(models: usize, name: usize): bool {
  for (let i: u32 = 0; i < lengthOf(models); i++) {
    const m = elementAt(models, i);
    if (equalBytes(addressOf(m), lengthOf(m), addressOf(name), lengthOf(name))) return true;
  }
  return false;
}

/** True for {"cached"?,"input","output"}, whole numbers, what was cached being part of the input. */
export function isUsage(v: usize): bool {
  if (tagOf(v) != OBJECT) return false;
  const cached = objectField(v, "cached");
  const input = objectField(v, "input");
  if (lengthOf(v) != (cached == 0 ? 2 : 3)) return false;
  if (!isWhole(input, MOST_TOKENS) || !isWhole(objectField(v, "output"), MOST_TOKENS)) return false;
  return cached == 0 || isWhole(cached, numberOf(input));
}

function spending(): usize {
  return objectField(GRANT, "spending");
}

/** True if there is something left to spend on a question. False with a limit's error recorded. */
export function mayAsk(): bool {
  const s = spending();
  if (s == 0) return true;
  const tokens = objectField(s, "tokens");
  if (tokens != 0 && RUN.spentTokens >= numberOf(tokens)) return fail(E_LIMIT_TOKENS, 0);
  const cost = objectField(s, "cost");
  if (cost != 0 && RUN.spentCost >= mostCost(cost)) return fail(E_LIMIT_COST, 0);
  return true;
}

function mostCost(cost: usize): u64 {
  return (numberOf(cost) as u64) * MILLION;
}

/** Adds what an answer of the model (a text) took, 0 if it does not say that. False with a limit's error recorded. */
export function addUsage(model: usize, usage: usize): bool {
  const s = spending();
  if (s == 0) return true;
  if (usage == 0) return fail(E_LIMIT_USAGE, 0);
  const input = numberOf(objectField(usage, "input"));
  const output = numberOf(objectField(usage, "output"));
  RUN.spentTokens = min<f64>(RUN.spentTokens + input + output, MOST_WHOLE);
  const tokens = objectField(s, "tokens");
  if (tokens != 0 && RUN.spentTokens > numberOf(tokens)) return fail(E_LIMIT_TOKENS, 0);
  const cost = objectField(s, "cost");
  if (cost == 0) return true;
  const price = objectGet(objectField(s, "prices"), addressOf(model), lengthOf(model));
  const ofInput = numberOf(objectField(price, "input")) as u64;
  const ofCached = objectField(price, "cached");
  const cached = objectField(usage, "cached");
  const saved: u64 = cached == 0 ? 0 : (numberOf(cached) as u64);
  RUN.spentCost += ((input as u64) - saved) * ofInput;
  RUN.spentCost += saved * (ofCached == 0 ? ofInput : (numberOf(ofCached) as u64));
  RUN.spentCost += (output as u64) * (numberOf(objectField(price, "output")) as u64);
  return RUN.spentCost <= mostCost(cost) || fail(E_LIMIT_COST, 0);
}
