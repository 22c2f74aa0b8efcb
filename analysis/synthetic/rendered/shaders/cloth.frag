// Shoulders in one colour of cloth.
uniform vec3 cloth_colour;

void main() {
    vec3 normal = normalize(v_normal);
    vec3 colour = linear(cloth_colour) * (0.94 + 0.12 * lumps(v_rest * vec3(5.0, 9.0, 5.0)));
    float near = clamp((dot(normal, key) + 0.1) / 1.1, 0.0, 1.0);
    vec3 around = mix(ground, sky, normal.y * 0.5 + 0.5);
    vec3 light = colour * (key_colour * near * 0.8 + fill_colour * clamp(dot(normal, fill) * 0.5 + 0.5, 0.0, 1.0) + around * 0.8);
    pixel = developed(light, 1.0);
}
