// Reads Kubernetes objects from standard input, YAML or JSON, and prints what kstatus makes of each, one JSON object a line.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type verdict struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	if err := answer(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answer(in io.Reader, out io.Writer) error {
	objects, verdicts := yaml.NewYAMLOrJSONDecoder(in, 4096), json.NewEncoder(out)
	for {
		// By way of the raw bytes: decoding into a map makes floats of whole numbers, which kstatus refuses.
		var raw runtime.RawExtension
		if err := objects.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read an object: %w", err)
		}
		if len(raw.Raw) == 0 || string(raw.Raw) == "null" {
			continue
		}
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(raw.Raw); err != nil {
			return fmt.Errorf("read an object: %w", err)
		}
		result, err := status.Compute(&object)
		if err != nil {
			return fmt.Errorf("compute the status of %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		if err := verdicts.Encode(verdict{object.GetKind(), object.GetName(), string(result.Status), result.Message}); err != nil {
			return err
		}
	}
}
