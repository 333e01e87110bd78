// Unpacks the browser into the folder it is told (TMPDIR) and says where it is.
import chromium from "@sparticuz/chromium";

chromium.setGraphicsMode = false;
process.stdout.write(await chromium.executablePath());
