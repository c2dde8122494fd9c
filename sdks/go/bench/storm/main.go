// Command storm holds many clients of one key open, for `python -m benchmarks.sdk_storm`.
//
//	go run ./storm KEY ENDPOINT CLIENTS
//
// It prints `ready` when each of them has a configuration, and ends with its input.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
)

const patience = 2 * time.Minute

func main() {
	if len(os.Args) != 4 {
		fail("storm KEY ENDPOINT CLIENTS")
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fail(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range count {
		client := ff.NewClient(ff.Config{EnvKey: os.Args[1], Endpoint: os.Args[2], NoUsage: true})
		if !client.Ready(ctx) {
			fail("a client is not ready: ", client.Status().LastError)
		}
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func fail(why ...any) {
	fmt.Fprintln(os.Stderr, why...)
	os.Exit(1)
}
