// An application: it asks for two flags and tracks a metric, for each user on standard input.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	ff "github.com/feature-flag-platform/sdk/go"
)

func main() {
	key, edge := os.Getenv("SERVER_KEY"), os.Getenv("EDGE")

	client := ff.NewClient(ff.Config{EnvKey: key, Endpoint: edge})
	defer client.Close()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		user := lines.Text()
		enabled := client.IsEnabled("new-feature", user)
		variation, _ := client.Variation("button-color", user, "blue")
		client.TrackMetric("conversion", 1.0, user)
		line, _ := json.Marshal([]any{user, enabled, variation})
		fmt.Println(string(line))
	}
}
