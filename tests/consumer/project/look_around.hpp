#pragma once

// Whether each header of heaplings says of this process what must be true.
bool look_around();
