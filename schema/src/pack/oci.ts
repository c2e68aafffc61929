// What is read of manifests and indexes of the OCI image specification 1.1. A registry may say more than is
// known here: other members are let through and not looked at.
import * as z from "zod";

const descriptor = z.object({
  mediaType: z.string().max(256),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0),
  artifactType: z.string().max(256).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Where a blob or a manifest is, by its content. */
export type OciDescriptor = z.infer<typeof descriptor>;

/** An artifact. */
export const ociManifest = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(256).optional(),
  artifactType: z.string().max(256).optional(),
  config: descriptor,
  layers: z.array(descriptor).max(128),
  subject: descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** An artifact. */
export type OciManifest = z.infer<typeof ociManifest>;

/** A list of manifests. */
export const ociIndex = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().max(256).optional(),
  manifests: z.array(descriptor).max(1024),
});

/** A list of manifests. */
export type OciIndex = z.infer<typeof ociIndex>;
