import { join } from 'node:path';
import { makeDist } from './dist.ts';

await makeDist(join(import.meta.dirname, '../dist'));
