# The public library and what `cmake --install` gives.
