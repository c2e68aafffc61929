// What is read of manifests and indexes of the OCI image specification 1.1. A registry may say more than is
// known here: other members are let through and not looked at.
import * as z from "zod";

/** Where a blob or a manifest is, by its content. */
export const ociDescriptor = z.object({
  mediaType: z.string().max(256),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0),
  artifactType: z.string().max(256).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Where a blob or a manifest is, by its content. */
export type OciDescriptor = z.infer<typeof ociDescriptor>;

/** An artifact. */
export const ociManifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(256).optional(),
  artifactType: z.string().max(256).optional(),
  config: ociDescriptor,
  layers: z.array(ociDescriptor).max(128),
  subject: ociDescriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** An artifact. */
export type OciManifest = z.infer<typeof ociManifest>;

/** A list of manifests, of which each is looked at by itself: one that is not a descriptor spoils no other. */
export const ociIndex = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(256).optional(),
  manifests: z.array(z.unknown()),
});

/** A list of manifests. */
export type OciIndex = z.infer<typeof ociIndex>;
