// The promise that the hostile files of this folder are run against.
#pragma once

// Twice the number.
[[nodiscard]] int twice(int number);
