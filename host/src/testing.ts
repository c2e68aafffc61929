// What tests look at beside the public API, so that a move of files breaks no test. Not part of the package.
export { isPublicAddress, publicAddresses } from "./effects/egress/address.ts";
export { cut } from "./effects/egress/text.ts";
export { Deadline, within } from "./effects/egress/deadline.ts";
export { confirming } from "./effects/egress/resolver.ts";
export { troubleOf } from "./effects/egress/trouble.ts";
export { enginePoolWith } from "./pool/pool.ts";
export { newThread } from "./pool/threads.ts";
export { machine } from "./effects/outside.ts";
export { EffectPlaces } from "./effects/places.ts";
export { IdempotencyKeys } from "./run/idempotency.ts";
export { parseTarget, whyNotGranted } from "./effects/egress/grant.ts";
export { placeSecrets } from "./effects/egress/secret-places.ts";
export { digestHeader } from "./effects/egress/http-digest.ts";
export { readYaml } from "./files/yaml.ts";
export { readIdentity, readLast } from "./log/layout.ts";
export { sqliteStoreWith } from "./store/sqlite/sqlite-store.ts";
export { MOST_MESSAGES } from "./store/store.ts";
