//go:build !real

package main

import "time"

// meanwhile are scenes that take their time.
var meanwhile []ownScene

// lastly is what nothing can come after.
var lastly []ownScene

// shortLogin is how long a login lasts that is to end.
const shortLogin = 3 * time.Second
