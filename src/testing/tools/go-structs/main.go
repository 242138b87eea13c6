// Prints the Go structs behind a pod template and a volume: v1 types as spew dumps them for
// pod-template-hash, and internal types as encoding/json writes them into the differences that
// update errors show.
//
// Called by ../generate-go-structs.mjs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/apis/core"
)

// Types by their Go name: a struct is a list of fields, anything else its underlying type.
type table map[string]any

// v1: Go name, JSON name ("" when embedded inline), type.
// internal: Go name, name in v1 JSON ("" when embedded inline), type.
type field [3]string

func describe(t reflect.Type, out table, tagged bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		describe(t.Elem(), out, tagged)
	case reflect.Map:
		describe(t.Key(), out, tagged)
		describe(t.Elem(), out, tagged)
	}
	if t.Name() == "" || t.PkgPath() == "" {
		return
	}
	name := t.String()
	if _, done := out[name]; done {
		return
	}
	switch name {
	case "resource.Quantity", "intstr.IntOrString", "v1.Time":
		out[name] = "special"
		return
	}
	if t.Kind() != reflect.Struct {
		out[name] = underlying(t)
		return
	}
	fields := []field{}
	out[name] = nil
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag, has := f.Tag.Lookup("json")
		name := strings.Split(tag, ",")[0]
		if tagged && name == "" && !f.Anonymous {
			panic(fmt.Sprintf("%s.%s has no JSON name", t, f.Name))
		}
		if !tagged && !has {
			name = ""
		}
		fields = append(fields, field{f.Name, name, f.Type.String()})
		describe(f.Type, out, tagged)
	}
	out[name] = fields
}

func underlying(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Map:
		return fmt.Sprintf("map[%s]%s", t.Key(), t.Elem())
	case reflect.Slice:
		return "[]" + t.Elem().String()
	default:
		return t.Kind().String()
	}
}

func main() {
	external, internal := table{}, table{}
	describe(reflect.TypeOf(v1.PodTemplateSpec{}), external, true)
	describe(reflect.TypeOf(core.PodSpec{}), internal, false)
	describe(reflect.TypeOf(v1.PersistentVolumeSpec{}), external, true)
	describe(reflect.TypeOf(core.PersistentVolumeSpec{}), internal, false)
	json.NewEncoder(os.Stdout).Encode(map[string]table{"v1": external, "core": internal})
}
