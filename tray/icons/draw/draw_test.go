package draw

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "draw the icons anew")

// traySize is what panels scale from: most show 16 to 24 pixels, or twice that.
const traySize = 32

// folder is where the pictures are linked from.
const folder = ".."

// drawn are all pictures of that folder.
func drawn(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for _, i := range States() {
		files[i.Name+".png"] = asPNG(t, i.Image(traySize))
		files[i.Name+"-template.png"] = asPNG(t, i.Template(traySize))
		files[i.Name+".ico"] = ICO(i.Image(16), i.Image(32))
	}
	app := App()
	for _, size := range []int{16, 32, 48, 128, 256} {
		files[fmt.Sprintf("app-%d.png", size)] = asPNG(t, app.Image(size))
	}
	files["app.ico"] = ICO(app.Image(16), app.Image(32), app.Image(48), app.Image(128))
	return files
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCommittedIconsAreThoseThatAreDrawn(t *testing.T) {
	files := drawn(t)
	for name, want := range files {
		if *update {
			if err := os.WriteFile(filepath.Join(folder, name), want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if filepath.Ext(name) == ".png" { // the same picture can be compressed in several ways
			got, want = pixels(t, got), pixels(t, want)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is drawn; run: go test ./tray/icons/draw -update", name)
		}
	}
	for _, pattern := range []string{"*.png", "*.ico"} {
		found, _ := filepath.Glob(filepath.Join(folder, pattern))
		for _, name := range found {
			if files[filepath.Base(name)] == nil {
				t.Errorf("nobody draws %s", name)
			}
		}
	}
}

func pixels(t *testing.T, file []byte) []byte {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	plain := image.NewNRGBA(img.Bounds())
	draw.Draw(plain, plain.Rect, img, img.Bounds().Min, draw.Src)
	return append([]byte(img.Bounds().String()), plain.Pix...)
}
