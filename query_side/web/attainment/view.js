// The view Attainment.

import { Shell } from "../shared/shell.js";

new Shell(async () => {}).start();
