#pragma once

// Takes memory until there is none left on this machine and the OOM killer kills this process. It
// sends no signals itself, and starts no other process.
[[noreturn]] void hog();
