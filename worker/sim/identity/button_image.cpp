#include "worker/sim/identity/button_image.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "worker/sim/identity/form.hpp"

namespace sim {
namespace {

void append_number(std::string& out, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += static_cast<char>((number >> shift) & 0xFFU);
    }
}

// CRC-32 of ISO 3309, as PNG wants it.
std::uint32_t crc_of(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
        }
    }
    return ~crc;
}

// Adler-32 (RFC 1950).
std::uint32_t adler_of(std::string_view bytes) {
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    for (const char byte : bytes) {
        low = (low + static_cast<unsigned char>(byte)) % 65521U;
        high = (high + low) % 65521U;
    }
    return (high << 16U) | low;
}

void append_chunk(std::string& out, std::string_view type, std::string_view content) {
    append_number(out, static_cast<std::uint32_t>(content.size()));
    std::string chunk{type};
    chunk += content;
    out += chunk;
    append_number(out, crc_of(chunk));
}

// A zlib stream (RFC 1950) of stored blocks (RFC 1951).
std::string stored(std::string_view bytes) {
    std::string out{"\x78\x01", 2};
    const std::uint32_t checksum = adler_of(bytes);
    do {
        const std::string_view block = bytes.substr(0, 0xFFFF);
        bytes.remove_prefix(block.size());
        const auto size = static_cast<unsigned>(block.size());
        out += bytes.empty() ? '\x01' : '\x00';
        for (const unsigned number : {size, ~size}) {
            out += static_cast<char>(number & 0xFFU);
            out += static_cast<char>((number >> 8U) & 0xFFU);
        }
        out += block;
    } while (!bytes.empty());
    append_number(out, checksum);
    return out;
}

// A whole number of the query within [least, most]; `usual` when it is not there; none: something else.
std::optional<std::size_t> number_in(
    const Form& form, std::string_view name, std::size_t usual, std::size_t least, std::size_t most) {
    const std::string* text = form.find(name);
    if (text == nullptr) {
        return usual;
    }
    const auto number = whole_number(*text);
    const bool within = number && *number >= 0 && static_cast<std::size_t>(*number) >= least &&
                        static_cast<std::size_t>(*number) <= most;
    return within ? std::optional{static_cast<std::size_t>(*number)} : std::nullopt;
}

std::optional<PlainImage> image_asked_for(std::string_view name, const Form& form) {
    const auto scale = number_in(form, "scale", 1, 1, 6);
    const bool logo = name == "logo";
    const auto height = number_in(form, logo ? "size" : "height", 30, 30, 64);
    const auto width = logo ? height : number_in(form, "width", 140, 130, 375);
    const auto radius = number_in(form, "border_radius", 15, 0, 50);
    const std::string color = form.value_or_empty("color");
    const std::string type = form.value_or_empty("type");
    if (!scale || !height || !width || !radius || form.malformed() ||
        (!color.empty() && color != "white" && color != "black") ||
        (!logo && !type.empty() && type != "sign-in" && type != "continue") || (!logo && name != "left")) {
        return std::nullopt;
    }
    return PlainImage{
        *width * *scale, *height * *scale, color == "white", form.value_or_empty("border") == "true"};
}

}  // namespace

std::string png_of(const PlainImage& image) {
    const std::size_t row_bytes = (image.width + 7) / 8;
    std::string rows;
    for (std::size_t y = 0; y < image.height; ++y) {
        std::string row(row_bytes, image.white ? '\xFF' : '\0');
        for (std::size_t x = 0; image.edge && x < image.width; ++x) {
            if (x == 0 || y == 0 || x + 1 == image.width || y + 1 == image.height) {
                row[x / 8] = static_cast<char>(static_cast<unsigned char>(row[x / 8]) ^ (0x80U >> (x % 8)));
            }
        }
        rows += '\0';  // not filtered
        rows += row;
    }
    std::string header;
    append_number(header, static_cast<std::uint32_t>(image.width));
    append_number(header, static_cast<std::uint32_t>(image.height));
    header += std::string{"\x01\x00\x00\x00\x00", 5};  // one bit, grey
    std::string out{"\x89PNG\r\n\x1a\n", 8};
    append_chunk(out, "IHDR", header);
    append_chunk(out, "IDAT", stored(rows));
    append_chunk(out, "IEND", {});
    return out;
}

Answer button_image(const Request& request, common::Now now) {
    Answer answer;
    answer.date = now.wall;
    const auto question = std::min(request.path.find('?'), request.path.size());
    const std::string_view path = std::string_view{request.path}.substr(0, question);
    const Form form{std::string_view{request.path}.substr(std::min(question + 1, request.path.size()))};
    const auto image = path.starts_with(button_path) && request.method == "GET"
                           ? image_asked_for(path.substr(button_path.size()), form)
                           : std::nullopt;
    if (!image) {
        answer_with(answer, 404);
        return answer;
    }
    answer.status = 200;
    answer.content_type = "image/png";
    answer.body = png_of(*image);
    return answer;
}

}  // namespace sim
