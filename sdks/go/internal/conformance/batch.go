package conformance

import (
	"encoding/json"
	"errors"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// Batch is a config that many requests are asked of, by the engine alone: what the driver's `batch` and `evaluate` do.
type Batch struct {
	set *engine.FlagSet
}

// NewBatch reads a config document; the error is of what is none.
func NewBatch(document []byte) (*Batch, error) {
	set, err := engine.FromDocument(document, nil)
	if err != nil {
		return nil, err
	}
	return &Batch{set}, nil
}

// Answer is what an item gets. What is absent is null, [] or false.
type Answer struct {
	ID                 any            `json:"id"`
	Value              any            `json:"value"`
	Variation          *string        `json:"variation"`
	Reason             engine.Reason  `json:"reason"`
	ErrorCode          *string        `json:"errorCode"`
	Experiments        []engine.Phase `json:"experiments"`
	BucketBy           *string        `json:"bucket_by"`
	Override           bool           `json:"override"`
	Paused             *string        `json:"paused"`
	Prerequisite       *string        `json:"prerequisite"`
	Overrides          []string       `json:"overrides"`
	InvalidCombination bool           `json:"invalid_combination"`
	Split              *string        `json:"split"`
}

// Evaluate answers a JSON list of {"id", "flag", "context", "now"}, each in its order. The error is of what is no such list.
func (batch *Batch) Evaluate(items []byte) ([]Answer, error) {
	var asked []testCase
	if err := json.Unmarshal(items, &asked); err != nil {
		return nil, err
	}
	answers := make([]Answer, len(asked))
	for index, item := range asked {
		id, idErr := item.plain("id")
		decision, err := item.decide(batch.set)
		if err := errors.Join(idErr, err); err != nil {
			return nil, err
		}
		answers[index] = answerOf(decision)
		answers[index].ID = id
	}
	return answers, nil
}

func answerOf(decision *engine.Decision) Answer {
	answer := Answer{
		Value:              decision.Value,
		Reason:             decision.Reason,
		ErrorCode:          present(string(decision.ErrorCode)),
		Experiments:        append([]engine.Phase{}, decision.Experiments...),
		BucketBy:           present(decision.BucketBy),
		Override:           decision.Override,
		Paused:             present(decision.Paused),
		Prerequisite:       present(decision.Prerequisite),
		Overrides:          append([]string{}, decision.Applied...),
		InvalidCombination: decision.InvalidCombination,
		Split:              present(decision.Split),
	}
	if decision.ErrorCode == "" {
		answer.Variation = &decision.Variation
	}
	return answer
}

// present is nil for what is absent.
func present(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
