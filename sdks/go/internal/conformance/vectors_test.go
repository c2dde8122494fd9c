package conformance

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vectors is the folder of golden cases: beside the checkout's SDKs, or where FFP_VECTORS says.
func vectors() string {
	if folder := os.Getenv("FFP_VECTORS"); folder != "" {
		return folder
	}
	return filepath.Join("..", "..", "..", "..", "tests", "vectors")
}

func TestGoldenCases(t *testing.T) {
	computed := 0
	err := filepath.WalkDir(vectors(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		file, err := Open(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), ".json")
		file.Each(func(id any, _ string, result Result) {
			if result.OK == nil {
				return
			}
			computed++
			t.Run(fmt.Sprintf("%s#%v", name, id), func(t *testing.T) {
				if !*result.OK {
					text, _ := json.Marshal(result.Computed)
					t.Errorf("computed %s", text)
				}
			})
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if computed < 1000 {
		t.Errorf("only %d golden cases were found", computed)
	}
}
