// Where things are.

import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url)).replace(/\/$/, '')
export const CACHE_DIRECTORY = `${REPOSITORY}/node_modules/.cache/securenat-e2e`
/** The program under test. Another build can be named to run the same tests against it. */
export const LAUNCHER = process.env.SECURENAT_LAUNCHER ?? `${REPOSITORY}/securenat`
/** The servers of test/e2e/servers, bundled by global-setup.ts. */
export const BUNDLES = `${CACHE_DIRECTORY}/bundles`
