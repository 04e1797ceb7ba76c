//go:build tools

// The server that is built from here beside the program, at the version of go.mod.
package main

import _ "github.com/oauth2-proxy/oauth2-proxy/v7"
