package ffopenfeature

import (
	"context"
	"maps"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/open-feature/go-sdk/openfeature"
)

// answers evaluates the five types with a client.
type answers struct {
	client func() *ff.Client
}

// BooleanEvaluation is a boolean flag's value.
func (a answers) BooleanEvaluation(_ context.Context, flag string, otherwise bool, someone openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return resolved(a, flag, otherwise, someone)
}

// StringEvaluation is a string flag's value.
func (a answers) StringEvaluation(_ context.Context, flag, otherwise string, someone openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return resolved(a, flag, otherwise, someone)
}

// FloatEvaluation is the value of a number or integer flag.
func (a answers) FloatEvaluation(_ context.Context, flag string, otherwise float64, someone openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return resolved(a, flag, otherwise, someone)
}

// IntEvaluation is an integer flag's value.
func (a answers) IntEvaluation(_ context.Context, flag string, otherwise int64, someone openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return resolved(a, flag, otherwise, someone)
}

// ObjectEvaluation is an object flag's or a remote config's value, a map[string]any.
func (a answers) ObjectEvaluation(_ context.Context, flag string, otherwise any, someone openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	object := resolved[map[string]any](a, flag, nil, someone)
	told := openfeature.InterfaceResolutionDetail{Value: object.Value, ProviderResolutionDetail: object.ProviderResolutionDetail}
	if object.Error() != nil {
		told.Value = otherwise
	}
	return told
}

// flattened is an evaluation context as OpenFeature hands it to providers: the targeting key among the attributes.
type flattened openfeature.FlattenedContext

// TargetingKey is empty where there is none.
func (f flattened) TargetingKey() string {
	key, _ := f[openfeature.TargetingKey].(string)
	return key
}

// Attributes are all, of which a client passes over the targeting key.
func (f flattened) Attributes() map[string]any { return f }

func resolved[T any](a answers, flag string, otherwise T, someone openfeature.FlattenedContext) openfeature.GenericResolutionDetail[T] {
	told := a.client().Detail(flag, flattened(someone), otherwise)
	value, ok := told.Value.(T)
	if !ok {
		value = otherwise
	}
	metadata := openfeature.FlagMetadata(maps.Clone(told.Metadata))
	if key, named := someone[openfeature.TargetingKey]; named && metadata != nil {
		metadata["contextId"] = key
	}
	return openfeature.GenericResolutionDetail[T]{
		Value: value,
		ProviderResolutionDetail: openfeature.ProviderResolutionDetail{
			ResolutionError: resolutionError(told),
			Reason:          openfeature.Reason(told.Reason),
			Variant:         told.Variant,
			FlagMetadata:    metadata,
		},
	}
}

// resolutionErrors are OpenFeature's errors by their codes.
var resolutionErrors = map[ff.ErrorCode]func(string) openfeature.ResolutionError{
	ff.FlagNotFound:        openfeature.NewFlagNotFoundResolutionError,
	ff.ParseError:          func(text string) openfeature.ResolutionError { return openfeature.NewParseErrorResolutionError(text) },
	ff.TypeMismatch:        openfeature.NewTypeMismatchResolutionError,
	ff.TargetingKeyMissing: openfeature.NewTargetingKeyMissingResolutionError,
	ff.InvalidContext:      openfeature.NewInvalidContextResolutionError,
	ff.ProviderNotReady:    openfeature.NewProviderNotReadyResolutionError,
	ff.General:             func(text string) openfeature.ResolutionError { return openfeature.NewGeneralResolutionError(text) },
}

func resolutionError(told ff.Detail) openfeature.ResolutionError {
	made, failed := resolutionErrors[told.ErrorCode]
	if !failed {
		return openfeature.ResolutionError{}
	}
	return made(told.ErrorMessage)
}
