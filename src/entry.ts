// The file that Node is given: loads the program, which lies in parts beside it.

import { join } from 'node:path'
import { ProgramLoader } from './program-loader.ts'

const loader = new ProgramLoader(join(import.meta.dirname, 'program'))
if (process.env.SECURENAT_CODE_CACHE === 'write') process.on('exit', () => loader.writeCaches())
loader.load('main.js')
