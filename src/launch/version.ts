/** The launcher's name in results; the version is package.json's (a test compares them). */
export const launcherVersion = "tradewind/0.1.0";
