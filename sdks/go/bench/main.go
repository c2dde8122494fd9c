// Command bench measures this SDK beside the Go SDKs of others: nanoseconds and bytes for one flag, evaluated in this process.
//
//	go run . [-rounds 9] [-json]
//
// Every engine holds 50 flags that say the same in its own words: three rules of two conditions, one of them a segment of four,
// the last one a split in halves; a user has six attributes. Before anything is timed, each must serve every kind of user as the
// rules say. Then all are measured in turns, round after round; shown is the median. Nothing connects to anything. Exit status 1
// if this SDK isn't faster than each of the others in each column.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sort"
	"time"
)

const turn = 40 * time.Millisecond

// columns are what is timed: with the making of the engine's own context, and with a context that is ready.
var columns = []struct {
	name  string
	user  attributes
	ready bool
}{
	{"split", split, false}, {"split, context ready", split, true}, {"first rule, context ready", first, true},
}

type row struct {
	Engine      string  `json:"engine"`
	Version     string  `json:"version"`
	Column      string  `json:"column"`
	Nanoseconds float64 `json:"nanoseconds"`
	Bytes       float64 `json:"bytes"`
}

type refusing struct{}

func (refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	fmt.Fprintf(os.Stderr, "an SDK tried to reach %s\n", request.URL)
	os.Exit(1)
	return nil, nil
}

func peers() ([]*peer, error) {
	var made []*peer
	for _, make := range []func() (*peer, error){verdict, verdictEngine, growthBook, launchDarkly, unleashPeer, flagdPeer} {
		one, err := make()
		if err != nil {
			return nil, err
		}
		if err := one.check(); err != nil {
			return nil, err
		}
		made = append(made, one)
	}
	return made, nil
}

// measure gives nanoseconds and allocated bytes per evaluation.
func (peer *peer) measure(user attributes, ready bool, calls int) (nanoseconds, bytes float64) {
	ask := peer.asker(user)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	for range calls {
		if !ready {
			ask = peer.asker(user)
		}
		ask()
	}
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	return float64(took.Nanoseconds()) / float64(calls), float64(after.TotalAlloc-before.TotalAlloc) / float64(calls)
}

func median(figures []float64) float64 {
	sort.Float64s(figures)
	return figures[len(figures)/2]
}

func measureAll(peers []*peer, rounds int) []row {
	var rows []row
	for _, column := range columns {
		nanoseconds, bytes := map[string][]float64{}, map[string][]float64{}
		calls := map[string]int{}
		for _, peer := range peers {
			took, _ := peer.measure(column.user, column.ready, 2000)
			calls[peer.name] = max(1, int(float64(turn.Nanoseconds())/took))
		}
		for range rounds {
			for _, peer := range peers {
				took, allocated := peer.measure(column.user, column.ready, calls[peer.name])
				nanoseconds[peer.name] = append(nanoseconds[peer.name], took)
				bytes[peer.name] = append(bytes[peer.name], allocated)
			}
		}
		for _, peer := range peers {
			rows = append(rows, row{peer.name, peer.version, column.name, median(nanoseconds[peer.name]), median(bytes[peer.name])})
		}
	}
	return rows
}

// show prints a table; its figures are nanoseconds, and bytes in brackets.
func show(peers []*peer, rows []row) {
	fmt.Print("| engine | version |")
	for _, column := range columns {
		fmt.Printf(" %s, ns (bytes) |", column.name)
	}
	fmt.Println("\n|---|---|---:|---:|---:|")
	for _, peer := range peers {
		fmt.Printf("| %s | %s |", peer.name, peer.version)
		for _, row := range rows {
			if row.Engine == peer.name {
				fmt.Printf(" %.0f (%.0f) |", row.Nanoseconds, row.Bytes)
			}
		}
		fmt.Println()
	}
	fmt.Println()
	for _, peer := range peers {
		fmt.Printf("- %s: %s.\n", peer.name, peer.note)
	}
}

// isFastest says whether our client, whose rows are the first of each column, takes less than each of the others.
func isFastest(rows []row) bool {
	own := map[string]float64{}
	for _, row := range rows {
		switch {
		case row.Engine == "Verdict":
			own[row.Column] = row.Nanoseconds
		case row.Engine != "Verdict, engine alone" && row.Nanoseconds <= own[row.Column]:
			return false
		}
	}
	return true
}

func run() error {
	rounds := flag.Int("rounds", 9, "of measuring")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	http.DefaultTransport = refusing{}
	peers, err := peers()
	if err != nil {
		return err
	}
	rows := measureAll(peers, *rounds)
	for _, peer := range peers {
		peer.close()
	}
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(map[string]any{"rows": rows})
	} else {
		show(peers, rows)
	}
	if err == nil && !isFastest(rows) {
		err = fmt.Errorf("this SDK isn't the fastest in each column")
	}
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
