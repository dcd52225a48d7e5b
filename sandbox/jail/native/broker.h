#pragma once

#include "options.h"

/* Answers one waiting call of the guest on `listener`: chmod and utimensat by path, carried out when the file lies in a writable tree. */
void answer_call(int listener, const struct options *options);
