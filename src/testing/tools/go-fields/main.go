// Prints what OpenAPI does not say about the Go types of the Kubernetes API: order of fields, which
// are pointers, which are always written, and the names of named types (they appear in errors).
//
// Called by ../generate-api.mjs.
package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"

	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// JSON name, Go type, flags (p pointer, w always written), embedded struct that holds the field
type entry [4]string

var seen = map[reflect.Type]bool{}
var out = map[string][]entry{}

func definition(t reflect.Type) string {
	path := t.PkgPath()
	parts := strings.Split(path, "/")
	host := strings.Split(parts[0], ".")
	for i, j := 0, len(host)-1; i < j; i, j = i+1, j-1 {
		host[i], host[j] = host[j], host[i]
	}
	return strings.Join(append(append(host, parts[1:]...), t.Name()), ".")
}

func walk(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		walk(t.Elem())
		return
	case reflect.Struct:
	default:
		return
	}
	if seen[t] || t.PkgPath() == "" || t.PkgPath() == "time" || strings.HasSuffix(t.PkgPath(), "/resource") || strings.HasSuffix(t.PkgPath(), "/intstr") {
		return
	}
	seen[t] = true
	list := []entry{}
	collect(t, "", &list)
	if len(list) > 0 {
		out[definition(t)] = list
	}
}

func collect(t reflect.Type, embedded string, list *[]entry) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		name := tag[0]
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			if f.Anonymous && f.Type.Kind() == reflect.Struct {
				walk(f.Type)
				collect(f.Type, f.Name, list)
				continue
			}

			name = f.Name
		}
		omitempty, omitzero := false, false
		for _, o := range tag[1:] {
			omitempty = omitempty || o == "omitempty"
			omitzero = omitzero || o == "omitzero"
		}
		ft := f.Type
		flags := ""
		if ft.Kind() == reflect.Pointer {
			flags += "p"
			ft = ft.Elem()
		}
		if !omitzero && (!omitempty || (flags == "" && ft.Kind() == reflect.Struct)) {
			flags += "w"
		}
		*list = append(*list, entry{name, ft.String(), flags, embedded})
		walk(f.Type)
	}
}

func main() {
	s := runtime.NewScheme()
	must(scheme.AddToScheme(s))
	must(apiext.AddToScheme(s))
	must(apireg.AddToScheme(s))
	for _, t := range s.AllKnownTypes() {
		walk(t)
	}
	walk(reflect.TypeOf(metav1.Status{}))
	enc := json.NewEncoder(os.Stdout)
	must(enc.Encode(out))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
