// The view Forecast.

import { Shell } from "../shared/shell.js";

new Shell(async () => {}).start();
