#pragma once

// Each function obtains the blocks that are named here, and no others, and frees none. They are of
// the kind named when the program ends, however many of the four functions were called.
// Each function is called once.

// One block, definitely lost.
void definite();

// One block, indirectly lost, and its parent: one block more, definitely lost.
void indirect();

// One block, possibly lost.
void possible();

// One block, still reachable.
void reachable();
