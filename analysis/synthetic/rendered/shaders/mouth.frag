// Teeth, gums and what lies behind them, darker the deeper.
const int GUMS = 3;
const int TEETH = 4;

void main() {
    vec3 normal = normalize(v_normal), viewer = normalize(-v_eye);
    bool socket = v_kind != GUMS && v_kind != TEETH;
    vec3 base = v_kind == TEETH ? vec3(0.93, 0.89, 0.80) : socket ? vec3(0.55, 0.20, 0.20) : vec3(0.74, 0.40, 0.39);
    vec3 colour = linear(base) * (0.9 + 0.15 * lumps(v_rest * 5.0));
    float front = smoothstep(socket ? 5.0 : 5.5, 10.2, v_rest.z) * (socket ? 0.55 : 0.93);
    float near = clamp((v_soft.x + 0.4) / 1.4, 0.0, 1.0);
    vec3 light = colour * (key_colour * near * 0.6 + sky * 0.5 + fill_colour * (socket ? 0.0 : 0.3));
    light *= mix(0.05, 1.0, front) * mix(socket ? 0.5 : 0.7, 1.0, v_open);
    float wet = pow(max(dot(normal, normalize(key + viewer)), 0.0), 50.0);
    pixel = developed(light + wet * (v_kind == TEETH ? 0.18 : 0.08) * key_colour * front, 1.0);
}
