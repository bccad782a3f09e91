/**
 * Sizes that the scenarios of growth have in common, so that their figures can be compared.
 *
 * @module
 */

/** The data of an event, as JSON, where its size is not what is measured. */
export const PAYLOAD_BYTES = 100;

export const BYTES_PER_MB = 1_000_000;
