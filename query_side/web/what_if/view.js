// The view What-if.

import { Shell } from "../shared/shell.js";

new Shell(async () => {}).start();
