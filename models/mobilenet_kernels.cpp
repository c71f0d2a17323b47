// Depthwise convolution and normalisation of a MobileNet, for training on a CPU in bfloat16.
//
// All pictures are bfloat16 (n, channels, height, width), channels last in memory, with a multiple
// of 32 channels. Kernels are 3x3; pictures count as padded by one zero on each side. Sums are taken
// in float32 per picture, in double over all of them.

#include <torch/extension.h>
#include <ATen/Parallel.h>

#include <cstring>
#include <vector>

namespace {

constexpr int64_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(64)));
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef uint16_t Halves __attribute__((vector_size(32)));

inline Lanes load(const uint16_t* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Lanes>(__builtin_convertvector(halves, Bits) << 16);
}

// Rounds to the nearest, ties to even.
inline void store(uint16_t* to, Lanes values) {
  const Bits bits = reinterpret_cast<Bits>(values);
  const Halves halves = __builtin_convertvector((bits + 0x7fff + ((bits >> 16) & 1)) >> 16, Halves);
  std::memcpy(to, &halves, sizeof halves);
}

inline Lanes load(const float* from) {
  Lanes values;
  std::memcpy(&values, from, sizeof values);
  return values;
}

inline void add(float* to, Lanes values) {
  const Lanes sum = load(to) + values;
  std::memcpy(to, &sum, sizeof sum);
}

const uint16_t* read(const at::Tensor& tensor) {
  return reinterpret_cast<const uint16_t*>(tensor.data_ptr<at::BFloat16>());
}

uint16_t* write(at::Tensor& tensor) {
  return reinterpret_cast<uint16_t*>(tensor.data_ptr<at::BFloat16>());
}

at::Tensor pictures(int64_t n, int64_t channels, int64_t height, int64_t width) {
  return at::empty({n, channels, height, width},
                   at::TensorOptions().dtype(at::kBFloat16).memory_format(at::MemoryFormat::ChannelsLast));
}

}  // namespace

// kernel: float32 (3, 3, channels).
at::Tensor depthwise(const at::Tensor& x, const at::Tensor& kernel, int64_t stride) {
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t rows = (height - 1) / stride + 1, columns = (width - 1) / stride + 1;
  at::Tensor y = pictures(n, channels, rows, columns);
  const uint16_t* in = read(x);
  const float* taps = kernel.data_ptr<float>();
  uint16_t* out = write(y);
  at::parallel_for(0, n * rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t picture = line / rows, row = line % rows;
      for (int64_t column = 0; column < columns; ++column) {
        for (int64_t c = 0; c < channels; c += 2 * kLanes) {
          Lanes first = {}, second = {};
#pragma GCC unroll 9
          for (int tap = 0; tap < 9; ++tap) {
            const int64_t i = row * stride + tap / 3 - 1, j = column * stride + tap % 3 - 1;
            if (i < 0 || i >= height || j < 0 || j >= width) continue;
            const uint16_t* from = in + ((picture * height + i) * width + j) * channels + c;
            first += load(from) * load(taps + tap * channels + c);
            second += load(from + kLanes) * load(taps + tap * channels + c + kLanes);
          }
          uint16_t* to = out + (line * columns + column) * channels + c;
          store(to, first);
          store(to + kLanes, second);
        }
      }
    }
  });
  return y;
}

template <int kStride>
void depthwise_backward_of(const uint16_t* in, const uint16_t* g, const float* taps, uint16_t* out,
                           float* sums, int64_t channels, int height, int width, int rows,
                           int columns) {
  for (int64_t c = 0; c < channels; c += kLanes) {
    Lanes total[9] = {};
    Lanes weights[9];
    for (int tap = 0; tap < 9; ++tap) weights[tap] = load(taps + tap * channels + c);
    for (int i = 0; i < height; ++i) {
      for (int j = 0; j < width; ++j) {
        const Lanes seen = load(in + (i * width + j) * channels + c);
        Lanes sum = {};
#pragma GCC unroll 9
        for (int tap = 0; tap < 9; ++tap) {
          const int down = i + 1 - tap / 3, right = j + 1 - tap % 3;
          if (kStride == 2 && ((down | right) & 1)) continue;
          const int row = down / kStride, column = right / kStride;
          if (down < 0 || right < 0 || row >= rows || column >= columns) continue;
          const Lanes value = load(g + (row * columns + column) * channels + c);
          sum += value * weights[tap];
          total[tap] += value * seen;
        }
        store(out + (i * width + j) * channels + c, sum);
      }
    }
    for (int tap = 0; tap < 9; ++tap) add(sums + tap * channels + c, total[tap]);
  }
}

// Returns the gradients of the picture and of the kernel. The stride is 1 or 2.
std::vector<at::Tensor> depthwise_backward(const at::Tensor& gradient, const at::Tensor& x,
                                           const at::Tensor& kernel, int64_t stride) {
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t rows = gradient.size(2), columns = gradient.size(3);
  at::Tensor of_x = pictures(n, channels, height, width);
  at::Tensor of_kernel = at::zeros({n, 9, channels}, at::kFloat);
  const uint16_t *in = read(x), *g = read(gradient);
  const float* taps = kernel.data_ptr<float>();
  uint16_t* out = write(of_x);
  float* sums = of_kernel.data_ptr<float>();
  const auto run = stride == 1 ? depthwise_backward_of<1> : depthwise_backward_of<2>;
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t one = begin; one < end; ++one) {
      const int64_t here = one * height * width * channels;
      run(in + here, g + one * rows * columns * channels, taps, out + here,
          sums + one * 9 * channels, channels, height, width, rows, columns);
    }
  });
  return {of_x, of_kernel.sum(0)};
}

// Normalises over the batch, then clips to 0..6. Returns the result, mean and variance.
std::vector<at::Tensor> normalise(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& beta,
                                  double epsilon) {
  const int64_t n = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  at::Tensor y = at::empty_like(x);
  at::Tensor sums = at::zeros({n, 2, channels}, at::kFloat);
  const uint16_t* in = read(x);
  uint16_t* out = write(y);
  float* part = sums.data_ptr<float>();
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t picture = begin; picture < end; ++picture) {
      float *sum = part + picture * 2 * channels, *squares = sum + channels;
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const uint16_t* from = in + (picture * pixels + pixel) * channels;
        for (int64_t c = 0; c < channels; c += kLanes) {
          const Lanes value = load(from + c);
          add(sum + c, value);
          add(squares + c, value * value);
        }
      }
    }
  });
  const at::Tensor means = sums.to(at::kDouble).sum(0) / static_cast<double>(n * pixels);
  const at::Tensor mean = means[0], variance = (means[1] - mean * mean).clamp_min(0);
  const at::Tensor scale = (gamma.to(at::kDouble) / (variance + epsilon).sqrt());
  const at::Tensor by = scale.to(at::kFloat).contiguous();
  const at::Tensor plus = (beta.to(at::kDouble) - mean * scale).to(at::kFloat).contiguous();
  const float *a = by.data_ptr<float>(), *b = plus.data_ptr<float>();
  const Lanes zero = {}, six = zero + 6.0f;
  at::parallel_for(0, n * pixels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      for (int64_t c = 0; c < channels; c += kLanes) {
        Lanes value = load(in + pixel * channels + c) * load(a + c) + load(b + c);
        value = value > zero ? value : zero;
        store(out + pixel * channels + c, value < six ? value : six);
      }
    }
  });
  return {y, mean.to(at::kFloat), variance.to(at::kFloat)};
}

// Returns the gradients of the picture, gamma and beta.
std::vector<at::Tensor> normalise_backward(const at::Tensor& gradient, const at::Tensor& x,
                                           const at::Tensor& mean, const at::Tensor& variance,
                                           const at::Tensor& gamma, const at::Tensor& beta,
                                           double epsilon) {
  const int64_t n = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  at::Tensor of_x = at::empty_like(x);
  at::Tensor sums = at::zeros({n, 2, channels}, at::kFloat);
  const uint16_t *in = read(x), *g = read(gradient);
  uint16_t* out = write(of_x);
  const at::Tensor inverse = (variance.to(at::kDouble) + epsilon).rsqrt();
  const at::Tensor scale = (gamma.to(at::kDouble) * inverse);
  const at::Tensor by = scale.to(at::kFloat).contiguous();
  const at::Tensor plus =
      (beta.to(at::kDouble) - mean.to(at::kDouble) * scale).to(at::kFloat).contiguous();
  const float *a = by.data_ptr<float>(), *b = plus.data_ptr<float>();
  const float* middle = mean.data_ptr<float>();
  float* part = sums.data_ptr<float>();
  const Lanes zero = {}, six = zero + 6.0f;
  at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t picture = begin; picture < end; ++picture) {
      float *sum = part + picture * 2 * channels, *moment = sum + channels;
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const int64_t at = (picture * pixels + pixel) * channels;
        for (int64_t c = 0; c < channels; c += kLanes) {
          const Lanes seen = load(in + at + c), value = seen * load(a + c) + load(b + c);
          const Lanes kept = (value > zero) & (value < six) ? load(g + at + c) : zero;
          add(sum + c, kept);
          add(moment + c, kept * (seen - load(middle + c)));
        }
      }
    }
  });
  const at::Tensor totals = sums.to(at::kDouble).sum(0);
  const double count = static_cast<double>(n * pixels);
  // gradient of x: scale * (kept - beta's / count - (x - mean) * moment * inverse**2 / count)
  const at::Tensor by_x = (-scale * totals[1] * inverse * inverse / count);
  const at::Tensor rest =
      (-scale * totals[0] / count - by_x * mean.to(at::kDouble)).to(at::kFloat).contiguous();
  const at::Tensor slope = by_x.to(at::kFloat).contiguous();
  const float *d = slope.data_ptr<float>(), *e = rest.data_ptr<float>();
  at::parallel_for(0, n * pixels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      for (int64_t c = 0; c < channels; c += kLanes) {
        const int64_t at = pixel * channels + c;
        const Lanes seen = load(in + at), value = seen * load(a + c) + load(b + c);
        const Lanes kept = (value > zero) & (value < six) ? load(g + at) : zero;
        store(out + at, load(a + c) * kept + seen * load(d + c) + load(e + c));
      }
    }
  });
  return {of_x, (totals[1] * inverse).to(at::kFloat), totals[0].to(at::kFloat)};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, module) {
  module.def("depthwise", &depthwise);
  module.def("depthwise_backward", &depthwise_backward);
  module.def("normalise", &normalise);
  module.def("normalise_backward", &normalise_backward);
}
