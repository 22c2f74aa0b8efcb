// One shell of short hair: thinner towards the tips, a streak of light across the strands.
uniform sampler2D face_matter;
uniform sampler2D neck_matter;
uniform vec3 hair_colour;
uniform float tip;  // 0 roots .. 1 tips

void main() {
    float here = v_kind == 0 ? texture(face_matter, v_texel).g : texture(neck_matter, v_texel - vec2(1.0, 0.0)).g;
    if (here < 0.5) discard;
    float strand = lumps(v_rest * vec3(11.25, 7.5, 11.25));
    if (strand < tip * 0.95 * (1.15 - 0.5 * lumps(v_rest * 1.7))) discard;
    vec3 normal = normalize(v_normal), viewer = normalize(-v_eye);
    vec3 colour = linear(hair_colour) * (0.40 + 0.9 * tip) * (0.75 + 0.5 * strand);
    vec3 along = vec3(0.0, 1.0, 0.3);
    along = normalize(along - normal * dot(normal, along));
    float lean = dot(along, normalize(key + viewer));
    float streak = pow(sqrt(max(1.0 - lean * lean, 0.0)), 40.0);
    float near = clamp((v_soft.x + 0.2) / 1.2, 0.0, 1.0);
    vec3 light = colour * (key_colour * near + fill_colour * clamp(v_soft.y * 0.5 + 0.5, 0.0, 1.0)
                           + v_around * mix(0.45, 1.0, tip) * v_open);
    pixel = developed(light + key_colour * streak * 0.03 * near * tip, 1.0);
}
