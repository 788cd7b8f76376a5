// Does nothing: how long Node and tsx themselves take.
